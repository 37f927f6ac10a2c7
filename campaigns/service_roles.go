package campaigns

import "slices"

// Permissions lists what a role may do.
func (r Role) Permissions() []Permission { return slices.Clone(permissions[r]) }
