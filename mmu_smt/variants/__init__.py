"""What is made of variants: marks at their branches, mutants, and changes that mend them."""
