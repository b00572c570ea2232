"""What people listened to and how they rated it, and what that means for their lists."""
