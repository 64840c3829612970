"""What a job's rows are, from headers and a few rows, for `gemma4-batch plan`: nothing decoded, no model loaded."""
