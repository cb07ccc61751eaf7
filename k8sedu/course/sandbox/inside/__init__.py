"""What runs inside the sandbox. These files are the only ones of the course that a student's code could ever read.

1. `worker`: runs cells and calls, and writes plain values
2. `confine`: gives up every right before that: namespaces, capabilities, limits
3. `seccomp`: the list of requests that the kernel shall refuse
4. `zygote`: has everything imported, and splits off a child for each submission
"""
