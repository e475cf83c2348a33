/*
 * The benchmark's upstream: a one-thread epoll HTTP/1.1 server with canned answers in the shape of the Messages API.
 *
 * What to answer stands in the request body, so that it survives any proxy, a translating one too:
 *   bench:json                                 a small JSON message; a stream of one delta where the request says "stream":true
 *   bench:sse:<events>:<interval us>:<events per write>
 *                                              a stream of that many text deltas; interval 0 = as fast as the socket takes them.
 * Each event is its own HTTP chunk. Each delta's text begins with "t=<CLOCK_MONOTONIC ns at the write> ".
 * GET /bench/stats tells what arrived; any other GET or HEAD gets an empty list.
 *
 * Usage: mock-upstream <port, 0 = free> ; prints {"port":N} and serves until its parent ends (at most 15 minutes).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define LIFETIME_SECONDS 900
#define MARKER_HEAD_BYTES 4096
#define MARKER_TAIL_BYTES 8192
#define MAX_REQUEST_BYTES (64u << 20)

struct conn {
  int fd;
  uint32_t interest;
  bool dead;
  char *in;
  size_t in_len, in_cap;
  char *out;
  size_t out_off, out_len, out_cap;
  bool streaming, closing_events_sent;
  long events, events_left, events_per_write;
  uint64_t interval_ns, due_ns;
  long heap_at; /* -1: not in the heap */
  struct conn *next_dead;
};

static int epoll_fd, timer_fd;
static uint64_t armed_for_ns;
static struct conn **heap;
static long heap_len, heap_cap;
static struct conn *dead_list;
static unsigned long long stat_requests, stat_streams_done, stat_streams_aborted, stat_body_bytes;
static char listener_tag, timer_tag;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static void *grow(void *memory, size_t *capacity, size_t needed) {
  if (needed <= *capacity) return memory;
  size_t larger = *capacity ? *capacity : 4096;
  while (larger < needed) larger *= 2;
  memory = realloc(memory, larger);
  if (!memory) die("realloc");
  *capacity = larger;
  return memory;
}

/* --- the heap of paced streams, by when their next event is due --- */

static void heap_put(long at, struct conn *c) {
  heap[at] = c;
  c->heap_at = at;
}

static void heap_sift(long at, struct conn *c) {
  while (at > 0 && heap[(at - 1) / 2]->due_ns > c->due_ns) {
    heap_put(at, heap[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  for (;;) {
    long child = 2 * at + 1;
    if (child >= heap_len) break;
    if (child + 1 < heap_len && heap[child + 1]->due_ns < heap[child]->due_ns) child++;
    if (heap[child]->due_ns >= c->due_ns) break;
    heap_put(at, heap[child]);
    at = child;
  }
  heap_put(at, c);
}

static void heap_add(struct conn *c) {
  if (heap_len == heap_cap) {
    heap_cap = heap_cap ? heap_cap * 2 : 1024;
    heap = realloc(heap, (size_t)heap_cap * sizeof *heap);
    if (!heap) die("realloc");
  }
  heap_len++;
  heap_sift(heap_len - 1, c);
}

static void heap_remove(struct conn *c) {
  if (c->heap_at < 0) return;
  long at = c->heap_at;
  c->heap_at = -1;
  struct conn *last = heap[--heap_len];
  if (last != c) heap_sift(at, last);
}

static void arm_timer(void) {
  uint64_t due_ns = heap_len > 0 ? heap[0]->due_ns : 0;
  if (due_ns == armed_for_ns) return;
  armed_for_ns = due_ns;
  struct itimerspec spec = {0};
  if (heap_len > 0) {
    spec.it_value.tv_sec = (time_t)(heap[0]->due_ns / 1000000000ull);
    spec.it_value.tv_nsec = (long)(heap[0]->due_ns % 1000000000ull);
  }
  timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* --- answers --- */

static void out_append(struct conn *c, const char *bytes, size_t len) {
  c->out = grow(c->out, &c->out_cap, c->out_len + len);
  memcpy(c->out + c->out_len, bytes, len);
  c->out_len += len;
}

static void out_chunk(struct conn *c, const char *event, size_t len) {
  char size_line[24];
  int n = snprintf(size_line, sizeof size_line, "%zx\r\n", len);
  out_append(c, size_line, (size_t)n);
  out_append(c, event, len);
  out_append(c, "\r\n", 2);
}

static void out_event(struct conn *c, const char *event) { out_chunk(c, event, strlen(event)); }

static void out_delta(struct conn *c) {
  char event[320];
  int n = snprintf(event, sizeof event,
                   "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
                   "\"text\":\"t=%019llu a few words \"}}\n\n",
                   (unsigned long long)now_ns());
  out_chunk(c, event, (size_t)n);
}

static void out_body(struct conn *c, const char *body) {
  char head[256];
  int n = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_bench\r\ncontent-length: %zu\r\n\r\n",
                   strlen(body));
  out_append(c, head, (size_t)n);
  out_append(c, body, strlen(body));
}

static const char *json_message =
    "{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-opus-4-7\",\"content\":[{\"type\":\"text\","
    "\"text\":\"A short answer.\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":12,"
    "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":5}}";

static void start_stream(struct conn *c, long events, long interval_us, long per_write) {
  c->streaming = true;
  c->closing_events_sent = false;
  c->events = c->events_left = events;
  c->events_per_write = per_write > 0 ? per_write : 1;
  c->interval_ns = (uint64_t)interval_us * 1000ull;
  static const char *head =
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\nrequest-id: req_bench\r\n"
      "transfer-encoding: chunked\r\n\r\n";
  out_append(c, head, strlen(head));
  out_event(c, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\","
               "\"model\":\"claude-opus-4-7\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":12,"
               "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":1}}}\n\n");
  out_event(c, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
}

static void out_closing_events(struct conn *c) {
  out_event(c, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
  char event[256];
  int n = snprintf(event, sizeof event,
                   "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
                   "\"usage\":{\"output_tokens\":%ld}}\n\n",
                   c->events);
  out_chunk(c, event, (size_t)n);
  out_event(c, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
  out_append(c, "0\r\n\r\n", 5);
  c->closing_events_sent = true;
}

/* --- connections --- */

static void set_interest(struct conn *c, uint32_t interest) {
  if (c->interest == interest) return;
  struct epoll_event event = {.events = interest, .data.ptr = c};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &event);
  c->interest = interest;
}

static void drop(struct conn *c) {
  if (c->dead) return;
  if (c->streaming) stat_streams_aborted++;
  c->dead = true;
  heap_remove(c);
  close(c->fd);
  c->next_dead = dead_list;
  dead_list = c;
}

/* True when everything queued was taken by the socket. */
static bool flush_out(struct conn *c) {
  while (c->out_off < c->out_len) {
    ssize_t n = write(c->fd, c->out + c->out_off, c->out_len - c->out_off);
    if (n > 0) {
      c->out_off += (size_t)n;
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      set_interest(c, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
      return false;
    } else {
      drop(c);
      return false;
    }
  }
  c->out_off = c->out_len = 0;
  return true;
}

static void pump(struct conn *c) {
  while (!c->dead) {
    if (!flush_out(c)) return;
    if (!c->streaming) break;
    if (c->events_left > 0) {
      if (c->interval_ns > 0) {
        set_interest(c, EPOLLIN | EPOLLRDHUP);
        if (c->heap_at < 0) {
          c->due_ns = now_ns() + c->interval_ns;
          heap_add(c);
        }
        return;
      }
      for (long i = 0; i < c->events_per_write && c->events_left > 0; i++, c->events_left--) out_delta(c);
    } else if (!c->closing_events_sent) {
      out_closing_events(c);
    } else {
      c->streaming = false;
      stat_streams_done++;
    }
  }
  if (!c->dead) set_interest(c, EPOLLIN | EPOLLRDHUP);
}

static void tick(void) {
  uint64_t expirations;
  if (read(timer_fd, &expirations, sizeof expirations) < 0 && errno != EAGAIN) die("timerfd");
  uint64_t now = now_ns();
  armed_for_ns = 0; /* it has fired: arm it again */
  while (heap_len > 0 && heap[0]->due_ns <= now) {
    struct conn *c = heap[0];
    heap_remove(c);
    for (long i = 0; i < c->events_per_write && c->events_left > 0; i++, c->events_left--) out_delta(c);
    if (c->events_left > 0) {
      c->due_ns += c->interval_ns;
      if (c->due_ns <= now) c->due_ns = now + c->interval_ns;
      heap_add(c);
      flush_out(c);
    } else {
      pump(c);
    }
  }
}

static const char *header_value(const char *head, size_t head_len, const char *name) {
  size_t name_len = strlen(name);
  for (const char *line = head; line < head + head_len;) {
    const char *end = memchr(line, '\n', (size_t)(head + head_len - line));
    if (!end) return NULL;
    if ((size_t)(end - line) > name_len && strncasecmp(line, name, name_len) == 0 && line[name_len] == ':') {
      const char *value = line + name_len + 1;
      while (*value == ' ') value++;
      return value;
    }
    line = end + 1;
  }
  return NULL;
}

/* Decodes a chunked body in place; returns the raw length it took, 0 when it isn't whole yet. */
static size_t dechunk(char *body, size_t len, size_t *decoded) {
  size_t from = 0, to = 0;
  for (int pass = 0; pass < 2; pass++) {
    from = to = 0;
    for (;;) {
      char *end = memmem(body + from, len - from, "\r\n", 2);
      if (!end) return 0;
      size_t size = strtoul(body + from, NULL, 16);
      from = (size_t)(end - body) + 2;
      if (len - from < size + 2) return 0;
      if (size == 0) {
        from += 2;
        break;
      }
      if (pass == 1) memmove(body + to, body + from, size);
      to += size;
      from += size + 2;
    }
  }
  *decoded = to;
  return from;
}

static const char *find_marker(const char *body, size_t len) {
  size_t tail = len < MARKER_TAIL_BYTES ? len : MARKER_TAIL_BYTES;
  const char *found = memmem(body + len - tail, tail, "bench:", 6);
  if (!found && len > tail) found = memmem(body, len < MARKER_HEAD_BYTES ? len : MARKER_HEAD_BYTES, "bench:", 6);
  return found;
}

/* A translating proxy streams from the upstream also for a caller who wants JSON. */
static bool asks_for_stream(const char *body, size_t len) {
  static const char *wanted = "\"stream\":true";
  size_t tail = len < MARKER_TAIL_BYTES ? len : MARKER_TAIL_BYTES, head = len < MARKER_HEAD_BYTES ? len : MARKER_HEAD_BYTES;
  return memmem(body + len - tail, tail, wanted, strlen(wanted)) || memmem(body, head, wanted, strlen(wanted));
}

static void answer(struct conn *c, bool is_post, bool is_head, const char *path, const char *body, size_t body_len) {
  stat_requests++;
  stat_body_bytes += body_len;
  if (!is_post) {
    char text[256];
    if (strncmp(path, "/bench/stats", 12) == 0) {
      stat_requests--;
      snprintf(text, sizeof text, "{\"requests\":%llu,\"streamsDone\":%llu,\"streamsAborted\":%llu,\"bodyBytes\":%llu}", stat_requests, stat_streams_done,
               stat_streams_aborted, stat_body_bytes);
    } else {
      snprintf(text, sizeof text, "{\"object\":\"list\",\"data\":[]}");
    }
    if (is_head) {
      static const char *empty = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
      out_append(c, empty, strlen(empty));
    } else {
      out_body(c, text);
    }
    return;
  }
  const char *marker = find_marker(body, body_len);
  long events, interval_us, per_write;
  char copy[64] = {0};
  if (marker) {
    size_t room = (size_t)(body + body_len - marker);
    memcpy(copy, marker, room < sizeof copy - 1 ? room : sizeof copy - 1);
  }
  if (sscanf(copy, "bench:sse:%ld:%ld:%ld", &events, &interval_us, &per_write) == 3) {
    start_stream(c, events, interval_us, per_write);
  } else if (asks_for_stream(body, body_len)) {
    start_stream(c, 1, 0, 4);
  } else {
    out_body(c, json_message);
  }
}

static void take_requests(struct conn *c) {
  while (!c->dead && !c->streaming && c->out_len == 0) {
    char *head_end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
    if (!head_end) {
      if (c->in_len > 65536) drop(c);
      return;
    }
    size_t head_len = (size_t)(head_end - c->in) + 4;
    const char *length = header_value(c->in, head_len, "content-length");
    const char *encoding = header_value(c->in, head_len, "transfer-encoding");
    char *body = c->in + head_len;
    size_t available = c->in_len - head_len, body_len = 0, raw_len = 0;
    if (encoding && strncasecmp(encoding, "chunked", 7) == 0) {
      raw_len = dechunk(body, available, &body_len);
      if (raw_len == 0) return;
    } else if (length) {
      body_len = raw_len = strtoul(length, NULL, 10);
      if (raw_len > MAX_REQUEST_BYTES) {
        drop(c);
        return;
      }
      if (available < raw_len) return;
    }
    const char *space = memchr(c->in, ' ', head_len);
    answer(c, strncmp(c->in, "POST ", 5) == 0, strncmp(c->in, "HEAD ", 5) == 0, space ? space + 1 : "/", body, body_len);
    size_t used = head_len + raw_len;
    memmove(c->in, c->in + used, c->in_len - used);
    c->in_len -= used;
    pump(c);
    if (c->in_len == 0) return;
  }
}

static void on_readable(struct conn *c) {
  for (;;) {
    c->in = grow(c->in, &c->in_cap, c->in_len + 65536);
    size_t room = c->in_cap - c->in_len;
    ssize_t n = read(c->fd, c->in + c->in_len, room);
    if (n > 0) {
      c->in_len += (size_t)n;
      if (c->in_len > MAX_REQUEST_BYTES) {
        drop(c);
        return;
      }
      if ((size_t)n < room) break;
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      break;
    } else {
      drop(c);
      return;
    }
  }
  take_requests(c);
}

static void accept_all(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct conn *c = calloc(1, sizeof *c);
    if (!c) die("calloc");
    c->fd = fd;
    c->heap_at = -1;
    c->interest = EPOLLIN | EPOLLRDHUP;
    struct epoll_event event = {.events = c->interest, .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(LIFETIME_SECONDS);
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) die("bind");
  if (listen(listener, 4096) < 0) die("listen");
  socklen_t address_len = sizeof address;
  getsockname(listener, (struct sockaddr *)&address, &address_len);

  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listener_tag};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
  event.data.ptr = &timer_tag;
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);

  struct epoll_event events[256];
  for (;;) {
    int n = epoll_wait(epoll_fd, events, 256, -1);
    if (n < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr == &listener_tag) {
        accept_all(listener);
      } else if (events[i].data.ptr == &timer_tag) {
        tick();
      } else {
        struct conn *c = events[i].data.ptr;
        if (c->dead) continue;
        if (events[i].events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
          drop(c);
          continue;
        }
        if (events[i].events & EPOLLOUT) {
          pump(c);
          if (!c->dead && !c->streaming) take_requests(c);
        }
        if (!c->dead && (events[i].events & EPOLLIN)) on_readable(c);
      }
    }
    while (dead_list) {
      struct conn *c = dead_list;
      dead_list = c->next_dead;
      free(c->in);
      free(c->out);
      free(c);
    }
    arm_timer();
  }
}
