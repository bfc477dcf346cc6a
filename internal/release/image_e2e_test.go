//go:build e2e

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// buildah runs buildah with a store of the test's own, and without a container's rights over this machine.
func buildah(t *testing.T, store string, args ...string) string {
	t.Helper()
	return command(t, store, nil, "buildah", append([]string{
		"--root", filepath.Join(store, "root"), "--runroot", filepath.Join(store, "run"), "--storage-driver", "vfs",
	}, args...)...)
}

// TestE2EReleaseImage builds the Dockerfile with a release's binary, looks at every file of the image, and scans with it.
func TestE2EReleaseImage(t *testing.T) {
	needs(t, "buildah", "apt-get install buildah")
	const certificates = "/etc/ssl/certs"
	if _, err := os.Stat(filepath.Join(certificates, "ca-certificates.crt")); err != nil {
		t.Skipf("NOT RUN: %v: apt-get install ca-certificates", err)
	}
	s := theSnapshot(t)
	store, dir := t.TempDir(), t.TempDir()
	for _, name := range []string{"Dockerfile", ".dockerignore"} {
		if err := take(filepath.Join("../..", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := take(s.file("linux-x64", ""), filepath.Join(dir, "bin/curfew")); err != nil {
		t.Fatal(err)
	}
	if err := take(filepath.Join(s.dir, licenseFile(s.table.Version)), filepath.Join(dir, "bin/licenses.txt")); err != nil {
		t.Fatal(err)
	}
	buildah(t, store, "build", "--isolation", "chroot", "--build-context", "certs="+certificates, "--tag", "curfew", dir)
	buildah(t, store, "push", "curfew", "dir:"+filepath.Join(store, "image"))
	files, user, size := image(t, filepath.Join(store, "image"))
	if diff := cmp.Diff([]string{"/curfew", "/etc/ssl/certs/ca-certificates.crt", "/usr/share/doc/curfew/licenses.txt"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if user != "65532:65532" {
		t.Errorf("it runs as %q", user)
	}
	t.Logf("the image has %d KB, %d KB to fetch; its binary has %d KB", size.unpacked/1000, size.packed/1000, s.table.Assets["linux-x64"].Bytes/1000)
	scanWithImage(t, store)
}

// scanWithImage scans a repository with a secret in it, which the image is given to read only.
func scanWithImage(t *testing.T, store string) {
	t.Helper()
	repo := t.TempDir()
	if err := os.CopyFS(repo, os.DirFS("../../testdata/shop")); err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSpace(buildah(t, store, "from", "curfew"))
	cmd := exec.CommandContext(t.Context(), "buildah", "--root", filepath.Join(store, "root"), "--runroot", filepath.Join(store, "run"),
		"--storage-driver", "vfs", "run", "--isolation", "chroot", "--volume", repo+":/repository:ro", name, "--", "/curfew", "scan")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), "high[") || !strings.Contains(string(out), ".github/workflows/release.yml") {
		t.Errorf("the scan in the image: %v, want findings\n%s", err, out)
	}
}

type bytesOf struct{ packed, unpacked int64 }

// image reads an image that buildah wrote as a folder: its files, but for directories; its user; what it weighs.
func image(t *testing.T, dir string) (files []string, user string, size bytesOf) {
	t.Helper()
	var manifest struct {
		Config struct{ Digest string }
		Layers []struct{ Digest string }
	}
	read(t, filepath.Join(dir, "manifest.json"), &manifest)
	blob := func(digest string) string { return filepath.Join(dir, strings.TrimPrefix(digest, "sha256:")) }
	var config struct{ Config struct{ User string } }
	read(t, blob(manifest.Config.Digest), &config)
	for _, l := range manifest.Layers {
		packed, err := os.ReadFile(blob(l.Digest))
		if err != nil {
			t.Fatal(err)
		}
		size.packed += int64(len(packed))
		files = append(files, layer(t, bytes.NewReader(packed), &size.unpacked)...)
	}
	slices.Sort(files)
	return files, config.Config.User, size
}

// layer lists what a layer has besides directories, and adds up its sizes.
func layer(t *testing.T, packed io.Reader, size *int64) (files []string) {
	t.Helper()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(unpacked); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeDir {
			files = append(files, path.Join("/", h.Name))
			*size += h.Size
		}
	}
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(src, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
