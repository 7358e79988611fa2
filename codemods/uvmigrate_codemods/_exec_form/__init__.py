"""The parts of ``exec-form``: the text that a shell is handed, and which CMD and ENTRYPOINT count."""
