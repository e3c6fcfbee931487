"""What about the product: delivery, price, staff … clause by clause, each with its place in the text."""
