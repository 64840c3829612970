"""What each kind of child process is told and answers, one file a kind; what the worker is told, in records.py."""
