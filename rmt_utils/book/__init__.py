"""The vocabulary of the chapters: figures with their record, and running the notebooks."""
