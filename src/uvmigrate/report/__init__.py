"""What comes out, one module a form: ``text`` for people, ``document`` for programs, ``patches`` for git,
``sarif`` for code scanning, ``markdown`` for pull requests, ``annotations`` for GitHub's jobs.

Their functions take a Migration and return all of the output; they print nothing.
"""
