// Package form says what forms the values of a manifest take: the rules that struct tags name and the
// textual forms behind them. The decoder checks with it and the JSON Schemas are generated from it, so
// that both say the same.
package form
