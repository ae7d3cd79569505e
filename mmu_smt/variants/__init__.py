"""What is made of variants: changes of their functions, as text that a user can read."""
