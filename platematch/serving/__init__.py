"""The processes of the running service: one by itself, or an owner of the lists with fronts that share the port."""
