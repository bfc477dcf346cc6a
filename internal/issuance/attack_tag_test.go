package issuance_test

import (
	"errors"
	"strings"
	"time"

	"github.com/curfew-ci/curfew/internal/issuance"
)

func tagAttacks() []attack {
	const unproven = "trigger-unproven"
	const denied = issuance.CodeProver
	old := newRelease()
	old.name = "v0"
	moved := newRelease()
	moved.object = commitB
	renamed := newRelease()
	renamed.signature = sshSign(old.key, "git", old.payload())
	return []attack{
		{name: "tag: a branch", alter: onTag(func(r *release) { r.ref = "refs/heads/v1" }), code: denied, says: "isn't for a tag"},
		{name: "tag: a branch that is called like one", alter: onTag(func(r *release) { r.ref = "refs/heads/refs/tags/v1" }), code: denied, says: "isn't for a tag"},
		{name: "tag: lightweight", alter: onTag(func(r *release) { r.missing = errors.New("refs/tags/v1 names a commit") }), code: denied, says: "names a commit"},
		{name: "tag: of another commit", alter: onTag(func(r *release) { r.object = commitA }), code: unproven, says: "points to another commit"},
		{name: "tag: another tag's object", alter: onTag(func(r *release) { r.raw = old.tag() }), code: denied, says: `under the name "v0"`},
		{name: "tag: another tag's signature", alter: onTag(func(r *release) { r.signature = renamed.signature }), code: denied, says: "one of them was changed"},
		{name: "tag: of a file", alter: onTag(func(r *release) { r.namespace = "file" }), code: denied, says: `namespace "file"`},
		{name: "tag: key not at the pinned commit", alter: onTag(func(r *release) { r.keys = nil }), code: denied, says: "no such file"},
		{name: "tag: key under another path", alter: onTag(func(r *release) { r.keys = map[string]string{"keys/other.pub": publicLine(r.key)} }), code: denied, says: "no such file"},
		{name: "tag: signed by another key", alter: onTag(func(r *release) { r.key = releaseKeys()[1] }), code: denied, says: "isn't among the known ones"},
		{name: "tag: key no longer valid", alter: onTag(func(r *release) {
			r.keys["keys/release.pub"] = "anna@acme.example valid-before=\"20261128Z\" " + publicLine(r.key)
		}), code: denied, says: "was valid before"},
		{name: "tag: key for files", alter: onTag(func(r *release) {
			r.keys["keys/release.pub"] = "anna@acme.example namespaces=\"file\" " + publicLine(r.key)
		}), code: denied, says: "isn't for the namespace"},
		{name: "tag: key with a restriction that nobody knows", alter: onTag(func(r *release) {
			r.keys["keys/release.pub"] = "expiry-time=\"20200101\" " + publicLine(r.key)
		}), code: denied, says: "neither with"},
		{name: "tag: private key", alter: onTag(func(r *release) { r.keys["keys/release.pub"] = "-----BEGIN OPENSSH PRIVATE" + " KEY-----\n" }), code: denied, says: "make a new pair"},
		{name: "tag: huge file of keys", alter: onTag(func(r *release) { r.keys["keys/release.pub"] += strings.Repeat("\n", 1<<20) }), code: denied, says: "expected public keys"},
		{name: "tag: unsigned", alter: onTag(func(r *release) { r.raw = r.payload() }), code: denied, says: "isn't signed"},
		{name: "tag: empty", alter: onTag(func(r *release) { r.raw = "\n" }), code: denied, says: "isn't signed"},
		{name: "tag: cut short", alter: onTag(func(r *release) { s := r.tag(); r.raw = s[:len(s)-40] }), code: denied, says: "cut short"},
		{name: "tag: garbled", alter: onTag(func(r *release) { r.raw = strings.Replace(r.tag(), "First", "Final", 1) }), code: denied, says: "one of them was changed"},
		{name: "tag: something after it", alter: onTag(func(r *release) { r.raw = r.tag() + "more\n" }), code: denied, says: "stands after it"},
		{name: "tag: RSA by SHA-1", alter: onTag(func(r *release) {
			r.key = signers()[0]
			r.keys["keys/release.pub"] = publicLine(r.key)
		}), code: denied, says: "SHA-1"},
		{name: "tag: two signatures", alter: onTag(func(r *release) { r.message += sshSign(r.key, "git", r.payload()) }), code: denied, says: "more than one signature"},
		{name: "tag: two signatures, of one text", alter: onTag(func(r *release) { r.raw = r.tag() + sshSign(r.key, "git", r.payload()) }), code: denied, says: "more than one signature"},
		{name: "tag: OpenPGP", alter: onTag(func(r *release) { r.signature = "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n" }), code: denied, says: "an OpenPGP signature; curfew verifies SSH signatures"},
		{name: "tag: OpenPGP after SSH", alter: onTag(func(r *release) {
			r.raw = r.tag() + "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"
		}), code: denied, says: "more than one signature"},
		{name: "tag: X.509", alter: onTag(func(r *release) { r.signature = "-----BEGIN SIGNED MESSAGE-----\nMII=\n-----END SIGNED MESSAGE-----\n" }), code: denied, says: "an X.509 signature"},
		{name: "tag: of a tag", alter: onTag(func(r *release) { r.kind = "tag" }), code: denied, says: "of a tag: tag the commit"},
		{name: "tag: of a tree", alter: onTag(func(r *release) { r.kind = "tree" }), code: denied, says: "of a tree"},
		{name: "tag: of nothing known", alter: onTag(func(r *release) { r.kind = "commits" }), code: denied, says: "isn't as git tag"},
		{name: "tag: two objects", alter: onTag(func(r *release) { r.object = commitA + "\nobject " + sha }), code: denied, says: "isn't as git tag"},
		{name: "tag: two names", alter: onTag(func(r *release) { r.headers = "tag v1\n" }), code: denied, says: "isn't as git tag"},
		{name: "tag: signed for another format of objects", alter: onTag(func(r *release) { r.headers = "gpgsig-sha256 x\n" }), code: denied, says: "isn't as git tag"},
		{name: "tag: NUL", alter: onTag(func(r *release) { r.message = "a\x00b\n" }), code: denied, says: "NUL"},
		{name: "tag: huge", alter: onTag(func(r *release) { r.message = strings.Repeat("a\n", 1<<20) }), code: denied, says: "longer than"},
		{name: "tag: object in capitals", alter: onTag(func(r *release) { r.object = strings.ToUpper(sha) }), code: denied, says: "isn't as git tag"},
		{name: "tag: object cut short", alter: onTag(func(r *release) { r.object = sha[:12] }), code: denied, says: "isn't as git tag"},
		{name: "tag: name with what revisions obey", alter: onTag(func(r *release) { r.name, r.ref = "v1^{}", "refs/tags/v1^{}" }), code: denied, says: "name isn't taken"},
		{name: "tag: name that climbs", alter: onTag(func(r *release) { r.name, r.ref = "../heads/main", "refs/tags/../heads/main" }), code: denied, says: "name isn't taken"},
		{name: "tag: name of an option", alter: onTag(func(r *release) { r.name, r.ref = "-d", "refs/tags/-d" }), code: denied, says: "name isn't taken"},
		{name: "tag: name that can't be seen", alter: onTag(func(r *release) { r.name, r.ref = "v1\u200b", "refs/tags/v1\u200b" }), code: denied, says: "name isn't taken"},
		{name: "tag: no name", alter: onTag(func(r *release) { r.name, r.ref = "", "refs/tags/" }), code: denied, says: "name isn't taken"},
		{name: "tag: name in two lines", alter: onTag(func(r *release) { r.name = "v1\nx" }), code: denied, says: "isn't as git tag"},
		{name: "tag: nothing proves it", alter: func(w *world) {
			onTag(nil)(w)
			delete(w.options.Provers, "signed-tag")
		}, code: denied, says: "has nothing that proves a trigger of the kind signed-tag"},
		{name: "tag: moved on the way", alter: onTag(func(r *release) { r.then = moved }), code: unproven, says: "points to another commit", records: "intent revoked denied"},
		{name: "tag: signature exchanged on the way", alter: onTag(func(r *release) { r.then = renamed }), code: denied, says: "one of them was changed", records: "intent revoked denied"},
		{name: "tag: key removed on the way", alter: func(w *world) {
			onTag(nil)(w)
			w.later(func(f *fixed) {
				f.rules.Manifest.Commit = commitB
				delete(f.files, "keys/release.pub")
			})
		}, code: denied, says: "no such file", records: "intent revoked denied"},
		{name: "tag: key expired on the way", alter: func(w *world) {
			onTag(func(r *release) {
				r.keys["keys/release.pub"] = "anna@acme.example valid-before=\"20261128120005Z\" " + publicLine(r.key)
			})(w)
			w.fail = func(name string) error {
				if name == "rules again" {
					w.at = w.at.Add(6 * time.Second)
				}
				return nil
			}
		}, code: denied, says: "was valid before", records: "intent revoked denied"},
	}
}
