"""All tables, by area. One Piccolo app; the migrations in `db/migrations` are what creates them."""
