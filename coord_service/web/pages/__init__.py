"""The pages of people with an account: a module a noun, each with its own ROUTES."""
