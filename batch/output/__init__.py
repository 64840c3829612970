"""The job folder: Parquet parts put in place so that no crash tears one, their columns, and the manifest."""
