"""A cluster of machines through Dask's `distributed`: the runner's side, the node's side, and what they say."""
