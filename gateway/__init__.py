"""The HTTP gateway: the only room that speaks HTTP. It never imports a worker."""
