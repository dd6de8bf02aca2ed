"""What the report says of itself: title, number, issuer, addressee, dates, region."""
