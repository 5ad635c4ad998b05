"""What people without an account open with a personal link: a module a noun, each with its own ROUTES."""
