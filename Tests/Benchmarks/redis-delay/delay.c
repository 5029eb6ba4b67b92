//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

// A network that takes its time: passes on what comes on a unix socket to another one, and back, each byte so many
// microseconds after it came. It adds to every round trip twice that, as `tc qdisc add dev lo root netem delay` would.
//
//   cc -O2 delay.c -o delay && ./delay LISTEN-PATH SERVER-PATH MICROSECONDS

#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 64, CHUNK = 256 << 10 };

// What came in one read, and when it is to go on.
struct chunk {
    struct chunk *next;
    int64_t due;
    size_t length, sent;
    char bytes[];
};

// One direction of a connection.
struct pipe {
    int from, to;
    struct chunk *first, *last;
    int ended, full;
};

static struct pipe pipes[2 * CONNECTIONS];
static char buffer[CHUNK];
static int64_t delay;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct sockaddr_un address(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail(path);
    strcpy(address.sun_path, path);
    return address;
}

static void end(int number) {
    // Both directions end together: whoever lost one would not use the other.
    for (int i = number & ~1; i <= (number | 1); i++) {
        for (struct chunk *chunk = pipes[i].first, *next; chunk; chunk = next) next = chunk->next, free(chunk);
        if (i & 1) close(pipes[i].from), close(pipes[i].to);
        memset(&pipes[i], 0, sizeof pipes[i]);
        pipes[i].from = -1;
    }
}

static void accept_one(int listener, const char *server) {
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK), number = 0;
    if (client < 0) return;
    while (number < 2 * CONNECTIONS && pipes[number].from >= 0) number += 2;
    int other = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un where = address(server);
    if (number == 2 * CONNECTIONS || connect(other, (struct sockaddr *)&where, sizeof where) < 0) {
        close(client);
        close(other);
        return;
    }
    pipes[number] = (struct pipe){.from = client, .to = other};
    pipes[number + 1] = (struct pipe){.from = other, .to = client};
}

// Whether the pipe can go on.
static int read_some(struct pipe *pipe) {
    ssize_t count = recv(pipe->from, buffer, CHUNK, MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return pipe->ended = 1, pipe->first != NULL;
    struct chunk *chunk = malloc(sizeof *chunk + (size_t)count);
    if (!chunk) fail("malloc");
    *chunk = (struct chunk){.due = now() + delay, .length = (size_t)count};
    memcpy(chunk->bytes, buffer, (size_t)count);
    if (pipe->last) pipe->last->next = chunk;
    else pipe->first = chunk;
    pipe->last = chunk;
    return 1;
}

static int write_some(struct pipe *pipe, int64_t time) {
    pipe->full = 0;
    while (pipe->first && pipe->first->due <= time) {
        struct chunk *chunk = pipe->first;
        ssize_t count =
            send(pipe->to, chunk->bytes + chunk->sent, chunk->length - chunk->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return pipe->full = 1;
        if (count < 0) return 0;
        chunk->sent += (size_t)count;
        if (chunk->sent < chunk->length) return pipe->full = 1;
        pipe->first = chunk->next;
        if (!pipe->first) pipe->last = NULL;
        free(chunk);
    }
    return !pipe->ended || pipe->first != NULL;
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: delay LISTEN-PATH SERVER-PATH MICROSECONDS\n");
        return 2;
    }
    delay = atoll(arguments[3]) * 1000;
    for (int i = 0; i < 2 * CONNECTIONS; i++) pipes[i].from = -1;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un where = address(arguments[1]);
    if (bind(listener, (struct sockaddr *)&where, sizeof where) < 0) fail(arguments[1]);
    if (listen(listener, CONNECTIONS) < 0) fail("listen");
    for (;;) {
        struct pollfd polls[1 + 4 * CONNECTIONS];
        int whose[1 + 4 * CONNECTIONS], used = 1;
        int64_t next = INT64_MAX;
        polls[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (int i = 0; i < 2 * CONNECTIONS; i++) {
            if (pipes[i].from < 0) continue;
            if (!pipes[i].ended) whose[used] = i, polls[used++] = (struct pollfd){.fd = pipes[i].from, .events = POLLIN};
            if (pipes[i].full) whose[used] = i, polls[used++] = (struct pollfd){.fd = pipes[i].to, .events = POLLOUT};
            else if (pipes[i].first && pipes[i].first->due < next) next = pipes[i].first->due;
        }
        int64_t wait = next == INT64_MAX ? 0 : next - now();
        if (wait < 0) wait = 0;
        struct timespec time = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
        if (ppoll(polls, (nfds_t)used, next == INT64_MAX ? NULL : &time, NULL) < 0 && errno != EINTR) fail("ppoll");
        if (polls[0].revents) accept_one(listener, arguments[2]);
        for (int i = 1; i < used; i++) {
            struct pipe *pipe = &pipes[whose[i]];
            if (polls[i].revents && polls[i].events == POLLIN && pipe->from >= 0 && !read_some(pipe)) end(whose[i]);
        }
        int64_t present = now();
        for (int i = 0; i < 2 * CONNECTIONS; i++) {
            if (pipes[i].from >= 0 && !write_some(&pipes[i], present)) end(i);
        }
    }
}
