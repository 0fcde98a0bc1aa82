# Thin alias: everything is in ./run.
.PHONY: run setup test lock
run:
	@./run
setup:
	@./run setup
test:
	@./run test $(ARGS)
lock:
	@./run lock
