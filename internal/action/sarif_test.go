package action

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRunSARIFOfAnother: a file that stood where the scan's SARIF is wanted, as a pull request can bring one, isn't taken for it, neither
// by later steps nor for the upload, whether the scan has written none or been kept from writing it there.
func TestRunSARIFOfAnother(t *testing.T) {
	link := func(t *testing.T, name string) {
		t.Helper()
		if err := os.Symlink("/dev/zero", name); err != nil {
			t.Skip(err)
		}
	}
	forge := func(t *testing.T, name string) {
		t.Helper()
		if err := os.WriteFile(name, []byte("[]"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		before   func(*testing.T, string)
		code     int
		sarif    map[string]bool // where it is written: to ours, to what is asked
		uploaded bool
		output   bool
	}{
		"written":                  {nil, 0, map[string]bool{"ours": true, "asked": true}, true, true},
		"written over another":     {forge, 0, map[string]bool{"ours": true, "asked": true}, true, true},
		"none":                     {forge, 3, nil, false, false},
		"kept from it":             {forge, 3, map[string]bool{"ours": true}, true, false},
		"kept from it by a link":   {link, 3, map[string]bool{"ours": true}, true, false},
		"kept from it, and absent": {nil, 3, map[string]bool{"ours": true}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			asked := filepath.Join(t.TempDir(), "asked.sarif")
			if tt.before != nil {
				tt.before(t, asked)
			}
			r := newRunner(t, map[string]string{"sarif-file": asked, "upload": "true"})
			var uploaded string
			code, err := Run(r.step(), func(args []string) Outcome {
				if args[0] == "upload" {
					uploaded = args[len(args)-1]
					return Outcome{}
				}
				for _, arg := range args {
					file, ok := strings.CutPrefix(arg, "--out=sarif=")
					if ok && (file == asked && tt.sarif["asked"] || file != asked && tt.sarif["ours"]) {
						if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
							t.Error(err)
						}
					}
				}
				return Outcome{Code: tt.code}
			})
			if err != nil || code != tt.code || (uploaded != "") != tt.uploaded || uploaded == asked {
				t.Errorf("code %d, error %v, uploaded %q", code, err, uploaded)
			}
			if got, ok := r.outputs(t)["sarif-file"]; ok != tt.output || ok && got != asked {
				t.Errorf("output %q", got)
			}
		})
	}
}

// TestRunSARIFThroughALink: where a part of the workspace is scanned, a link beside it leads no SARIF out of the workspace.
func TestRunSARIFThroughALink(t *testing.T) {
	outside := t.TempDir()
	precious := filepath.Join(outside, "precious")
	if err := os.WriteFile(precious, []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("shop", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"link.sarif": precious, "new.sarif": filepath.Join(outside, "new"), "folder": outside, "inside.sarif": "shop/out.sarif"} {
		if err := os.Symlink(to, name); err != nil {
			t.Skip(err)
		}
	}
	for file, fails := range map[string]bool{
		"link.sarif": true, "new.sarif": true, "folder/out.sarif": true, "shop/../link.sarif": true, filepath.Join(here, "link.sarif"): true,
		"inside.sarif": false, "out.sarif": false, "shop/out.sarif": false, "none/out.sarif": false, precious + ".sarif": false, "": false,
	} {
		r := newRunner(t, map[string]string{"path": "shop", "sarif-file": file})
		ran := false
		_, err := Run(r.step(), func([]string) Outcome { ran = true; return Outcome{} })
		if fails != (err != nil) || ran == fails || fails && !strings.Contains(err.Error(), `input "sarif-file": `) {
			t.Errorf("%q: ran %v, error %v", file, ran, err)
		}
	}
}
