package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

const userColumns = `id, login, name, role, password_hash, extension, phone_md5, phone_sha256, campaigns, disabled, created_at, team, language, start`

// PutUser stores a user by login, new or changed, and returns it as stored.
// An extension that another user has is campaigns.ErrExists.
func (db *DB) PutUser(ctx context.Context, u campaigns.User) (campaigns.User, error) {
	works, err := json.Marshal(u.Campaigns)
	if err != nil {
		return campaigns.User{}, fmt.Errorf("put user %s: %w", u.Login, err)
	}
	err = db.do(ctx, func(t *tx) error {
		var taken bool
		var created int64
		err := t.row(`SELECT EXISTS (SELECT 1 FROM users WHERE extension = ?2 AND extension <> '' AND login <> ?1),
			COALESCE((SELECT id FROM users WHERE login = ?1), (SELECT COALESCE(MAX(id), 0) + 1 FROM users)),
			COALESCE((SELECT created_at FROM users WHERE login = ?1), ?3)`,
			[]any{u.Login, u.Extension, micros(t.now)}, &taken, &u.ID, &created)
		if err != nil {
			return err
		}
		if taken {
			return fmt.Errorf("extension %s: %w", u.Extension, campaigns.ErrExists)
		}
		u.CreatedAt = moment(created)
		_, err = t.exec(`INSERT INTO users (`+userColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, password_hash = excluded.password_hash,
			extension = excluded.extension, phone_md5 = excluded.phone_md5,
			phone_sha256 = excluded.phone_sha256, campaigns = excluded.campaigns, disabled = excluded.disabled,
			team = excluded.team, language = excluded.language, start = excluded.start`,
			u.ID, u.Login, u.Name, string(u.Role), u.PasswordHash, u.Extension, u.PhoneHA1.MD5, u.PhoneHA1.SHA256, string(works), u.Disabled, created, u.Team, u.Language, u.Start)
		if err != nil {
			return err
		}
		id, login := u.ID, u.Login
		t.after = append(t.after, func() { db.known.putLogin(id, login) })
		return t.note("user.put", "", "user "+u.Login, fmt.Sprintf("role %s, disabled %t", u.Role, u.Disabled))
	})
	if err != nil {
		return campaigns.User{}, fmt.Errorf("put user %s: %w", u.Login, err)
	}
	return u, nil
}

// User reads a user by id.
func (db *DB) User(ctx context.Context, id int64) (campaigns.User, error) {
	u, err := scanUser(db.read.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE id = ?`, id))
	if err != nil {
		return u, fmt.Errorf("user %d: %w", id, noRows(err))
	}
	return u, nil
}

// UserByLogin reads a user by login, letter for letter.
func (db *DB) UserByLogin(ctx context.Context, login string) (campaigns.User, error) {
	u, err := scanUser(db.read.QueryRowContext(ctx, `SELECT `+userColumns+` FROM users WHERE login = ?`, login))
	if err != nil {
		return u, fmt.Errorf("user by login: %w", noRows(err))
	}
	return u, nil
}

// Users lists everybody by login.
func (db *DB) Users(ctx context.Context) ([]campaigns.User, error) {
	r, err := db.read.QueryContext(ctx, `SELECT `+userColumns+` FROM users ORDER BY login`)
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	var out []campaigns.User
	err = eachRow(r, func(r *sql.Rows) error {
		u, err := scanUser(r)
		out = append(out, u)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	return out, nil
}

func scanUser(r interface{ Scan(...any) error }) (campaigns.User, error) {
	var u campaigns.User
	var works string
	var created int64
	err := r.Scan(&u.ID, &u.Login, &u.Name, &u.Role, &u.PasswordHash, &u.Extension, &u.PhoneHA1.MD5, &u.PhoneHA1.SHA256, &works, &u.Disabled, &created,
		&u.Team, &u.Language, &u.Start)
	if err != nil {
		return campaigns.User{}, err
	}
	u.CreatedAt = moment(created)
	if err := json.Unmarshal([]byte(works), &u.Campaigns); err != nil {
		return campaigns.User{}, fmt.Errorf("campaigns of user %s: %w", u.Login, err)
	}
	return u, nil
}
