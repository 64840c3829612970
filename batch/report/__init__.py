"""`gemma4-batch report`: what came of a job, as a page to look at and as Markdown."""
