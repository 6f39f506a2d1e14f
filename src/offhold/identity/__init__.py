"""Who is asking: OAuth and OpenID Connect with the institution, and linking a contact to a customer."""
