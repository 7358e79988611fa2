"""What comes out, one module a form: ``text`` for people, ``document`` for programs, ``patches`` for git.

Their functions take a Migration and return all of the output; they print nothing.
"""
