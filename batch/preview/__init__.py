"""Small copies of media for the report: thumbnails and clips, made in a process of their own."""
