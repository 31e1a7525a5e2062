"""What the back-office's templates say in the reader's words."""
