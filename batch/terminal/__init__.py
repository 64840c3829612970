"""What a person sees in the terminal: the progress line, the summary, the plan, the status. Decides nothing."""
