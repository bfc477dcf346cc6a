package tracker

import (
	"encoding/json"
	"testing"
)

// FuzzJiraHistory: an issue is approved by who moved it to the status that it has, in the last move of all.
func FuzzJiraHistory(f *testing.F) {
	f.Add([]byte(`[{"author":{"accountId":"a"},"items":[{"field":"status","fieldtype":"jira","to":"3"}]}]`))
	f.Add([]byte(`[{"author":{"accountId":"a"},"items":[{"field":"status","fieldtype":"jira","to":"3"}]},{"items":[{"field":"description","fieldtype":"jira"}]}]`))
	f.Add([]byte(`[{"items":[{"field":"status","fieldtype":"custom","to":"3"},{"field":"Key","fieldtype":"jira"}]}]`))
	f.Fuzz(func(t *testing.T, src []byte) {
		var history []jiraChange
		if json.Unmarshal(src, &history) != nil {
			return
		}
		by, err := lastMoved(history, "3")
		if err != nil {
			return
		}
		var last *jiraChange
		to := ""
		for n := range history {
			for _, item := range history[n].Items {
				if item.Field == "status" && item.Type == "jira" {
					last, to = &history[n], item.To
				}
			}
		}
		if last == nil || to != "3" || last.Author != by {
			t.Errorf("approved by %+v in %s", by, src)
		}
	})
}

// FuzzText: what text a description has is in it.
func FuzzText(f *testing.F) {
	f.Add([]byte(`"plain"`))
	f.Add([]byte(`{"type":"doc","content":[{"type":"text","text":"a"},{"type":"inlineCard","attrs":{"url":"https://x"}}]}`))
	f.Add([]byte(`[[[[]]]]`))
	f.Fuzz(func(t *testing.T, src []byte) {
		if text := textOf(src); text != "" && !json.Valid(src) {
			t.Errorf("%q of what is no JSON", text)
		}
	})
}
