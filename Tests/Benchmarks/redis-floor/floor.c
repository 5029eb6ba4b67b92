//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

// What Redis itself can do with the scripts of the Redis broker: sends them over one connection, pipelined, and does
// nothing else. Prints jobs per second and the CPU time of Redis's main thread for each job.
//
//   swift run redis-scripts /tmp/lua
//   cc -O2 floor.c -o floor -lhiredis && ./floor --socket PATH --scripts /tmp/lua --batch 16 --queued 1000000
//
// It uses the queue "floor" of the prefix "floor:" and removes it before and after.

#include <hiredis/hiredis.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/time.h>

enum { KEYS = 13, LARGEST = 256, DEEPEST = 256 };

static const char *const parts[KEYS] = {
    "meta", "jobs", "ready", "ranked", "due", "ends", "leases", "running", "dead", "expiries", "notes", "idle",
    "remnants",
};

static redisContext *redis;
static char keys[KEYS][64];
static char settings[13];
static uint64_t lastID;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "floor: %s: %s\n", what, why);
    exit(1);
}

static void put(char *to, uint64_t value, int length) {
    for (int i = length - 1; i >= 0; i--, value >>= 8) to[i] = (char)value;
}

static redisReply *answer(void) {
    redisReply *reply = NULL;
    if (redisGetReply(redis, (void **)&reply) != REDIS_OK) fail("no answer", redis->errstr);
    if (reply->type == REDIS_REPLY_ERROR) fail("an error", reply->str);
    return reply;
}

static void load(const char *folder, const char *name, char sha[41]) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s.lua", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) fail(path, "cannot be read; write it with `swift run redis-scripts FOLDER`");
    static char text[1 << 20];
    size_t length = fread(text, 1, sizeof text, file);
    if (!feof(file)) fail(path, "is longer than this program expects");
    fclose(file);
    const char *arguments[] = {"SCRIPT", "LOAD", text};
    size_t lengths[] = {6, 4, length};
    redisAppendCommandArgv(redis, 3, arguments, lengths);
    redisReply *reply = answer();
    memcpy(sha, reply->str, 40);
    sha[40] = 0;
    freeReplyObject(reply);
}

// A script call that is being put together.
static const char *argv[3 + KEYS + 3 + 3 * LARGEST];
static size_t argl[3 + KEYS + 3 + 3 * LARGEST];
static int argc;

static void add(const char *text, size_t length) {
    argv[argc] = text;
    argl[argc++] = length;
}

static void begin(const char *sha) {
    argc = 0;
    add("EVALSHA", 7);
    add(sha, 40);
    add("13", 2);
    for (int i = 0; i < KEYS; i++) add(keys[i], strlen(keys[i]));
    add("floor:", 6);
    add(settings, sizeof settings);
}

static void appendEnqueue(const char *sha, int batch, const char *envelope, size_t size) {
    static char ids[LARGEST][16];
    begin(sha);
    add("", 0);
    for (int i = 0; i < batch; i++) {
        // As version 7: a time first, a hundred jobs a millisecond, then what is random.
        lastID++;
        put(ids[i], 0x019C000000007000ull + ((lastID / 100) << 16), 8);
        put(ids[i] + 8, 0x8000000000000000ull | (lastID * 0x9E3779B97F4A7C15ull >> 2), 8);
        add(ids[i], 16);
        add(envelope, size);
    }
    redisAppendCommandArgv(redis, argc, argv, argl);
}

// What one worker holds.
struct worker {
    int held;
    char ids[LARGEST][16];
    char hows[LARGEST][18 + 13];
};

static void appendTurn(const char *sha, struct worker *worker, int limit, int number) {
    char options[17 + 8];
    options[0] = 1;
    put(options + 1, (uint64_t)limit, 4);
    put(options + 5, 10000000, 8);
    put(options + 13, 3, 4);
    snprintf(options + 17, 8, "w%d", number);
    begin(sha);
    add(options, 17 + strlen(options + 17));
    for (int i = 0; i < worker->held; i++) {
        add(worker->ids[i], 16);
        add(worker->hows[i], sizeof worker->hows[i]);
        add("[42]", 4);
    }
    redisAppendCommandArgv(redis, argc, argv, argl);
}

static int takeClaim(struct worker *worker) {
    redisReply *reply = answer();
    for (size_t i = 0; i < reply->element[0]->len; i++) {
        if (reply->element[0]->str[i] != 'a') fail("a settlement", "was refused");
    }
    int settled = worker->held;
    worker->held = 0;
    for (size_t i = 5; i + 1 < reply->elements; i += 2) {
        char *how = worker->hows[worker->held];
        memcpy(worker->ids[worker->held++], reply->element[i]->str, 16);
        // Each sixteen jobs have the next token. The envelope's head goes along, so that Redis need not look it up.
        put(how, (uint64_t)reply->element[3]->integer + (i - 5) / 2 / 16, 8);
        memset(how + 8, 0, 10);
        how[8] = 1;
        how[9] = 1;
        memcpy(how + 18, reply->element[i + 1]->str, 13);
    }
    freeReplyObject(reply);
    return settled;
}

static double now(void) {
    struct timeval time;
    gettimeofday(&time, NULL);
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double field(const char *section, const char *name) {
    redisReply *reply = redisCommand(redis, "INFO %s", section);
    if (!reply || reply->type == REDIS_REPLY_ERROR) fail("INFO", redis->errstr);
    const char *found = strstr(reply->str, name);
    double value = found ? strtod(found + strlen(name) + 1, NULL) : 0;
    freeReplyObject(reply);
    return value;
}

static double cpu(void) {
    double user = field("cpu", "used_cpu_user_main_thread");
    if (user == 0) return field("cpu", "used_cpu_user") + field("cpu", "used_cpu_sys");
    return user + field("cpu", "used_cpu_sys_main_thread");
}

// Also the hashes of jobs, whose names only the scripts know.
static void removeAll(void) {
    char cursor[32] = "0";
    do {
        redisReply *reply = redisCommand(redis, "SCAN %s MATCH floor:* COUNT 1000", cursor);
        if (!reply || reply->type != REDIS_REPLY_ARRAY) fail("SCAN", redis->errstr);
        for (size_t i = 0; i < reply->element[1]->elements; i++) {
            redisReply *key = reply->element[1]->element[i];
            freeReplyObject(redisCommand(redis, "UNLINK %b", key->str, key->len));
        }
        snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
        freeReplyObject(reply);
    } while (strcmp(cursor, "0"));
}

int main(int count, char **options) {
    const char *socket = NULL, *folder = NULL;
    int batch = 16, claim = 0, depth = 16, size = 200;
    long jobs = 200000, queued = 0;
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = options[i], *value = options[i + 1];
        if (!strcmp(name, "--socket")) socket = value;
        else if (!strcmp(name, "--scripts")) folder = value;
        else if (!strcmp(name, "--batch")) batch = atoi(value);
        else if (!strcmp(name, "--claim")) claim = atoi(value);
        else if (!strcmp(name, "--depth")) depth = atoi(value);
        else if (!strcmp(name, "--payload")) size = atoi(value);
        else if (!strcmp(name, "--jobs")) jobs = atol(value);
        else if (!strcmp(name, "--queued")) queued = atol(value);
        else fail(name, "is no option");
    }
    if (!claim) claim = batch;
    if (!socket || !folder) fail("usage", "floor --socket PATH --scripts FOLDER [--batch N] [--claim N] [--queued N]");
    if (batch > LARGEST || claim > LARGEST || depth > DEEPEST) fail("--batch, --claim and --depth", "are at most 256");
    redis = redisConnectUnix(socket);
    if (!redis || redis->err) fail(socket, redis ? redis->errstr : "no memory");
    for (int i = 0; i < KEYS; i++) snprintf(keys[i], sizeof keys[i], "floor:{floor}:%s", parts[i]);
    put(settings, 3600ull * 1000000000ull, 8);
    put(settings + 8, 10000, 4);
    settings[12] = 0;
    char enqueue[41], turn[41];
    load(folder, "enqueue", enqueue);
    load(folder, "turn", turn);
    removeAll();

    // An envelope of a job that somebody waits for.
    char *envelope = calloc(1, (size_t)size + 64);
    size_t length = 0;
    const char head[] = {1, 1, 5, 0, 13, 0, 0, 0, 0, 0, 0, 0, 7, 5, 'f', 'l', 'o', 'o', 'r', 1};
    memcpy(envelope, head, sizeof head);
    length = sizeof head + 10 + (size_t)size;

    double memory = field("memory", "used_memory");
    for (long sent = 0; sent < queued;) {
        int calls = 0;
        for (; calls < 64 && sent < queued; calls++, sent += 64) appendEnqueue(enqueue, 64, envelope, length);
        while (calls--) freeReplyObject(answer());
    }
    if (queued) printf("bytes per queued job: %.0f\n", (field("memory", "used_memory") - memory) / (double)queued);

    double start = now(), used = cpu();
    long sent = 0;
    while (sent < jobs) {
        int calls = 0;
        for (; calls < depth && sent < jobs; calls++, sent += batch) appendEnqueue(enqueue, batch, envelope, length);
        while (calls--) freeReplyObject(answer());
    }
    double middle = now(), usedMiddle = cpu();
    static struct worker workers[DEEPEST];
    long settled = 0;
    while (settled < jobs) {
        for (int i = 0; i < depth; i++) appendTurn(turn, &workers[i], claim, i);
        long before = settled;
        int held = 0;
        for (int i = 0; i < depth; i++) settled += takeClaim(&workers[i]), held += workers[i].held;
        if (settled == before && !held) break;
    }
    double end = now(), usedEnd = cpu();
    printf("batch %d, claim %d, depth %d, %d bytes, %ld queued: enqueue %.0f/s %.2f us, turn %.0f/s %.2f us, sum %.2f us\n",
        batch, claim, depth, size, queued, (double)sent / (middle - start), (usedMiddle - used) / (double)sent * 1e6,
        (double)settled / (end - middle), (usedEnd - usedMiddle) / (double)settled * 1e6,
        (usedMiddle - used) / (double)sent * 1e6 + (usedEnd - usedMiddle) / (double)settled * 1e6);
    removeAll();
    redisFree(redis);
    free(envelope);
    return 0;
}
