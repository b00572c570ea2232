"""The HTTP gateway: the only package that speaks HTTP. It never imports a worker."""
