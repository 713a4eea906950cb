"""The JSON API of desk (design §3), one module a resource."""
