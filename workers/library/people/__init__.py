"""What people listened to and think of it, and what follows for a list that is made for them."""
