package sshsig

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// readOptions reads the options of a line of allowed_signers. One that isn't known may restrict the key, and is
// refused.
func (k *Key) readOptions(text string) error {
	var seen []string
	for text != "" {
		name, rest, ok := strings.Cut(text, `="`)
		value, rest, closed := strings.Cut(rest, `"`)
		switch {
		case strings.HasPrefix(name, "cert-authority"):
			return errors.New("an authority of certificates, which aren't taken: expected the signer's own key")
		case !ok || !closed || rest != "" && (rest[0] != ',' || len(rest) == 1):
			return errors.New(`the options can't be read: expected NAME="VALUE", with commas and no blanks between them`)
		case slices.Contains(seen, name):
			return errors.New("an option stands there twice")
		}
		if err := k.readOption(name, value); err != nil {
			return err
		}
		seen, text = append(seen, name), strings.TrimPrefix(rest, ",")
	}
	return nil
}

func (k *Key) readOption(name, value string) (err error) {
	switch name {
	case "namespaces":
		k.namespaces = strings.Split(value, ",")
		if strings.ContainsAny(value, "*?!") || slices.Contains(k.namespaces, "") {
			return errors.New("the namespaces can't be read: expected words, with commas between them, and no patterns")
		}
	case "valid-after":
		k.after, err = moment(value)
	case "valid-before":
		k.before, err = moment(value)
	default:
		return errors.New("an option that isn't known: expected namespaces, valid-after or valid-before")
	}
	return err
}

// moment reads a time of allowed_signers. Without the Z it would be in the time zone of whichever machine
// reads it.
func moment(s string) (time.Time, error) {
	for _, layout := range []string{"20060102Z", "200601021504Z", "20060102150405Z"} {
		// time.Parse takes fractions of a second where the layout has none.
		if t, err := time.Parse(layout, s); err == nil && len(s) == len(layout) {
			return t, nil
		}
	}
	return time.Time{}, errors.New("a time that can't be read: expected YYYYMMDDZ, YYYYMMDDHHMMZ or YYYYMMDDHHMMSSZ, in UTC with the Z")
}

// may reports by an error that the key's line doesn't let it sign for a namespace at a time.
func (k Key) may(namespace string, now time.Time) error {
	switch {
	case k.namespaces != nil && !slices.Contains(k.namespaces, namespace):
		return fmt.Errorf("the key %s isn't for the namespace %s by its line in the file", k, strconv.Quote(namespace))
	case !k.after.IsZero() && now.Before(k.after):
		return fmt.Errorf("the key %s is valid after %s only", k, k.after.Format(time.RFC3339))
	case !k.before.IsZero() && !now.Before(k.before):
		return fmt.Errorf("the key %s was valid before %s only", k, k.before.Format(time.RFC3339))
	}
	return nil
}
