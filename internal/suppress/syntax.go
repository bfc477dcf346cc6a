package suppress

import (
	"path"
	"strings"
)

const (
	htmlOpen  = "<!--"
	htmlClose = "-->"
)

// marksOf lists what begins a comment in the file called name. Where the name says nothing, all of
// them do: an ignore that is silently not seen would be worse than one seen in a string.
func marksOf(name string) []string {
	switch strings.ToLower(path.Ext(name)) {
	case ".yml", ".yaml", ".sh", ".bash", ".py", ".rb", ".toml", ".env", ".pl", ".mk", ".properties":
		return []string{"#"}
	case ".go", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".java", ".kt", ".swift", ".c", ".h", ".cc", ".cpp",
		".cs", ".rs", ".scala", ".dart", ".groovy", ".gradle", ".proto", ".json", ".jsonc", ".json5":
		return []string{"//"}
	case ".md", ".markdown", ".html", ".htm", ".xml", ".svg", ".csproj", ".plist":
		return []string{htmlOpen}
	case ".sql", ".lua", ".hs", ".elm":
		return []string{"--"}
	case ".ini", ".cfg", ".conf":
		return []string{"#", ";"}
	case ".tf", ".tfvars", ".hcl", ".php":
		return []string{"#", "//"}
	}
	return []string{"#", "//", htmlOpen, "--", ";"}
}
