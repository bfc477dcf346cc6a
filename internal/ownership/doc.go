// Package ownership says who owns a path by a CODEOWNERS file: whom the platform asks to review a change. Sole importer of
// hmarr/codeowners.
package ownership
