"""The commands of ``shipdate``, a module a subject; each is a shell over what the index and the service do."""
