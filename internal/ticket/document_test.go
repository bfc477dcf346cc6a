package ticket_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/curfew-ci/curfew/internal/finding"
	"github.com/curfew-ci/curfew/internal/ticket"
)

// hostile are texts that a repository may hold.
func hostile() []string {
	return []string{
		"@everyone and @acme/appsec", "<img src=x onerror=alert(1)>", "[click](https://evil.example)", "https://evil.example/x",
		"www.evil.example", "mailto:a@evil.example", "| a | b |\n| --- |", "`code` ``` \n# head", "h1. Head", "{html}<b>{html} {noformat}", "[~admin]",
		"!https://evil.example/p.png!", "[code]<script>alert(1)</script>[/code]", "#12 GH-12 acme/shop#3 da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"\x1b[31mred\x1b[0m", "\u202egnp.exe", "- item", "1. item", "    indented", "::error::x", "##[error]x", "a\x00b\xff",
		"curfew:1:eyJzdGF0ZSI6ImNsb3NlZCJ9", strings.Repeat("A", 100<<10), "\\", "&#64;acme", "$(x)$ ~x~ ^x^ ??x?? -x- +x+",
	}
}

func draftOf(t *testing.T, text string) ticket.Draft {
	t.Helper()
	f := secretRead(text, "web", 3, finding.High)
	f.Message, f.Fix, f.Region.Path, f.Rule = text, text, text, text
	in := newWorld(t).input(result(f))
	plan, err := ticket.Plan(nil, in)
	if err != nil || len(plan.Changes) != 1 {
		t.Fatalf("%+v, %v", plan, err)
	}
	return plan.Changes[0].Draft
}

// TestHostileText: what a repository says stays text in every rendering, and its memo stays curfew's.
func TestHostileText(t *testing.T) {
	// what only renders by what stands right before it: escapes are looked for by their absence
	bad := map[string]*regexp.Regexp{
		"markdown": regexp.MustCompile("(?m)@(?:acme|everyone)|[^\\\\]<(?:img|script|b)>?|[^\\\\]\\]\\(|[^\\\\<]https?://evil|www\\.evil|#1|GH-1|[^`]da39a3e|^(?:# |- |1\\. item|    )|\x1b|\u202e|\x00"),
		"wiki":     regexp.MustCompile("(?m)@(?:acme|everyone)|[^\\\\]\\{html|[^\\\\]\\[~|[^\\\\]!https|://evil|www\\.evil|#12|^h1\\.|\x1b|\u202e|\x00"),
		"plain":    regexp.MustCompile("(?m)@(?:acme|everyone)|\\[code|\\[/code|<script|://evil|www\\.evil|\x1b|\u202e|\x00"),
		"title":    regexp.MustCompile("@(?:acme|everyone)|://|www\\.|#1|\n|\x1b|\u202e|\x00"),
	}
	for _, text := range hostile() {
		d := draftOf(t, text)
		for name, got := range map[string]string{
			"markdown": d.Body.Markdown(), "wiki": d.Body.Wiki(), "plain": d.Body.PlainText(), "title": d.Title,
		} {
			got = strings.ReplaceAll(got, "@acme/web", "") // the owner, in plain renderings broken
			if found := bad[name].FindString(got); found != "" {
				t.Errorf("%s of %.40q holds %q", name, text, found)
			}
			if name != "title" && ticket.ReadMemo(got).Root != d.Fingerprint {
				t.Errorf("%s of %.40q has lost its memo", name, text)
			}
			if len(got) > 60_000 {
				t.Errorf("%s of %.40q has %d bytes", name, text, len(got))
			}
		}
		adf := d.Body.ADF()
		if ticket.ReadMemo(ticket.TextOfADF(json.RawMessage(adf))).Root != d.Fingerprint || strings.Contains(adf, `"href":"https://evil`) || strings.Contains(adf, `"mention"`) {
			t.Errorf("ADF of %.40q: %.300s", text, adf)
		}
	}
}

// TestFit: however much there is to say, the text fits, and its memo is whole.
func TestFit(t *testing.T) {
	var fs []finding.Finding
	for i := range 200 {
		fs = append(fs, secretRead("NPM_TOKEN", "web", i+1, finding.High))
	}
	plan, err := ticket.Plan(nil, newWorld(t).input(result(fs...)))
	if err != nil {
		t.Fatal(err)
	}
	d := plan.Changes[0].Draft
	for _, limit := range []int{100_000, 30_000, 4000, 2500} {
		for _, render := range []func(ticket.Document) string{ticket.Document.Markdown, ticket.Document.Wiki, ticket.Document.PlainText} {
			got := d.Body.Fit(limit, render)
			if len(got) > limit || ticket.ReadMemo(got).Root != d.Fingerprint {
				t.Errorf("%d bytes in %d:\n%.300s", len(got), limit, got)
			}
		}
	}
	if !strings.Contains(d.Body.Fit(100_000, ticket.Document.Markdown), "150 more are in the scan's result.") {
		t.Error("it isn't said how many are left out")
	}
}

// TestSteps: each kind has its steps, and each credential a kind.
func TestSteps(t *testing.T) {
	for detector, want := range map[string]string{
		"github-pat": "GitHub classic", "aws-access-token": "AWS access key", "vault-service-token": "Vault", "private-key": "SSH",
		"nobody-knows": "Any other", "slack-webhook-url": "Slack webhook",
	} {
		f := token("sha256:1", "x")
		f.Credential.Detector = detector
		plan, err := ticket.Plan(nil, newWorld(t).input(result(f)))
		if err != nil {
			t.Fatal(err)
		}
		if got := plan.Changes[0].Draft.Body.Markdown(); !strings.Contains(got, "## How to end it: "+want) || !strings.Contains(got, "\n1. ") {
			t.Errorf("%s:\n%s", detector, got)
		}
	}
	if got := draftOf(t, "NPM_TOKEN").Body.Markdown(); !strings.Contains(got, "npm token revoke") {
		t.Errorf("%s", got)
	}
}

// TestMentions: only who the manifest says is mentioned, and only where a mention is meant.
func TestMentions(t *testing.T) {
	d := ticket.Document{ticket.Para(ticket.Handle("@acme/appsec"), ticket.Text(" @bob "), ticket.Handle("@a b"), ticket.Handle("@x](y)"))}
	if got, want := d.Markdown(), "@acme/appsec@&#8203;bob@&#8203;a b@&#8203;x\\](y)\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzReadMemo(f *testing.F) {
	f.Add("curfew:1:e30")
	f.Add("text curfew:1:AAAA curfew:1:_-_-")
	f.Fuzz(func(t *testing.T, text string) {
		if m := ticket.ReadMemo(text); m.Root != "" && len(m.Root) != 32 {
			t.Errorf("%q", m.Root)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s[:min(len(s), 400)])
	}
	f.Fuzz(func(t *testing.T, s string) {
		// Side by side, the end of one text and the beginning of another may make the mark. Of several memos the last is read,
		// which is ours.
		d := ticket.Document{ticket.Para(ticket.Plain("x "), ticket.Text(s), ticket.Plain(" "), ticket.Code(s))}
		for _, got := range []string{d.Markdown(), d.Wiki(), d.PlainText()} {
			if strings.Count(got, "\n") != 1 || strings.Contains(got, "curfew:1:") {
				t.Errorf("%q", got)
			}
		}
		if !json.Valid([]byte(d.ADF())) {
			t.Error("no JSON")
		}
	})
}
