"""Programs made from programs: with a mark at every branch, and with one thing changed."""
