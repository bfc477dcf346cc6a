package manifest

// StoreKind is where a secret is kept.
type StoreKind string

// The stores.
const (
	StoreActions    StoreKind = "actions"
	StoreActionsEnv StoreKind = "actions-env"
	StoreActionsOrg StoreKind = "actions-org"
	StoreDependabot StoreKind = "dependabot"
	StoreCodespaces StoreKind = "codespaces"
	StoreFile       StoreKind = "file"
)

// Store is actions | {actions-env: NAME} | actions-org | dependabot | codespaces | {file: PATH}.
type Store struct {
	Kind StoreKind
	Name string // the environment's name or the file's path
}

// String renders what stands in the manifest.
func (s Store) String() string {
	if s.Name != "" {
		return "{" + string(s.Kind) + ": " + s.Name + "}"
	}
	return string(s.Kind)
}
