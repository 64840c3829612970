"""A first job file for somebody's media: what is there, which task it looks like, and YAML that runs. For `init`."""
