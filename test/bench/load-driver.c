/*
 * The benchmark's load driver: a one-thread epoll HTTP/1.1 client that sends one prepared POST again and again.
 *
 * Usage: load-driver <mode> <port> <path> <headers file> <body file> <connections> <seconds> <expected frames> <end marker> [<opens per second>]
 *   mode load     closed loop: each connection sends its next request when the last answer is whole, for so many seconds.
 *   mode streams  opens that many streams at the given rate, prints {"phase":"open",...} once all have begun (or 10 s late), holds them
 *                 for so many seconds and leaves. Event delays count from that line on.
 * The headers file holds raw header lines (CRLF each, no Host, no Content-Length). Expected frames: SSE frames that a whole answer has, without
 * pings and comments; 0 = don't count. End marker: text of the last frame; "-" = none. An answer other than a whole 200 is an error.
 * Event delay = time of reading minus the "t=<CLOCK_MONOTONIC ns>" that the mock upstream wrote into the event.
 * The last line is a JSON object. Times are microseconds.
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
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_ERRORS 200
#define LATE_OPEN_NS 10000000000ull
#define DRAIN_NS 3000000000ull

struct samples {
  uint32_t *us;
  size_t count, capacity;
};

enum state { CLOSED, CONNECTING, SENDING, HEAD, BODY_LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER };

struct conn {
  int fd;
  enum state state;
  uint32_t interest;
  size_t sent;
  uint64_t sent_at_ns;
  char head[16384];
  size_t head_len;
  int status;
  bool event_stream, close_after, first_byte_seen, marker_seen, opened;
  size_t body_left, body_bytes;
  char line[64];
  size_t line_len;
  char *frame;
  size_t frame_len, frame_capacity, scan_from;
  long frames;
};

static int epoll_fd;
static struct sockaddr_in address;
static char *request;
static size_t request_len;
static long expected_frames;
static const char *end_marker;
static bool streams_mode, accepting_new = true, measure_delays;
static struct samples latencies, first_bytes, delays;
static unsigned long long completed, completed_in_window, errors, total_frames, total_bytes;
static long streams_begun, streams_ended, busy;
static char first_error[400];
static uint64_t deadline_ns;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static void sample(struct samples *s, uint64_t ns) {
  if (s->count == s->capacity) {
    s->capacity = s->capacity ? s->capacity * 2 : 65536;
    s->us = realloc(s->us, s->capacity * sizeof *s->us);
    if (!s->us) die("realloc");
  }
  s->us[s->count++] = (uint32_t)(ns / 1000);
}

static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static void print_samples(const char *name, struct samples *s) {
  if (s->count == 0) {
    printf(",\"%s\":null", name);
    return;
  }
  qsort(s->us, s->count, sizeof *s->us, compare);
  printf(",\"%s\":{\"count\":%zu,\"p50\":%u,\"p99\":%u,\"max\":%u}", name, s->count, s->us[s->count / 2],
         s->us[(size_t)((double)s->count * 0.99)], s->us[s->count - 1]);
}

static char *read_file(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  if (!file) die(path);
  fseek(file, 0, SEEK_END);
  *len = (size_t)ftell(file);
  rewind(file);
  char *bytes = malloc(*len + 1);
  if (!bytes || fread(bytes, 1, *len, file) != *len) die(path);
  bytes[*len] = 0;
  fclose(file);
  return bytes;
}

static void set_interest(struct conn *c, uint32_t interest) {
  if (c->interest == interest) return;
  struct epoll_event event = {.events = interest, .data.ptr = c};
  epoll_ctl(epoll_fd, c->interest ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event);
  c->interest = interest;
}

static void open_conn(struct conn *c) {
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0) die("socket");
  int one = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) die("connect");
  c->state = CONNECTING;
  c->interest = 0;
  busy++;
  set_interest(c, EPOLLOUT);
}

static void close_conn(struct conn *c) {
  if (c->state == CLOSED) return;
  close(c->fd);
  c->state = CLOSED;
  c->interest = 0;
  busy--;
}

static void fail(struct conn *c, const char *why) {
  errors++;
  if (!first_error[0]) {
    snprintf(first_error, sizeof first_error, "%s (status %d, %zu body bytes, %ld frames) %.120s", why, c->status, c->body_bytes, c->frames,
             c->frame_len ? c->frame : "");
    for (char *p = first_error; *p; p++)
      if (*p == '"' || *p == '\\' || (unsigned char)*p < 32) *p = ' ';
  }
  close_conn(c);
  if (accepting_new && !streams_mode && errors < MAX_ERRORS) open_conn(c);
}

static void send_more(struct conn *c) {
  while (c->sent < request_len) {
    ssize_t n = write(c->fd, request + c->sent, request_len - c->sent);
    if (n > 0) {
      c->sent += (size_t)n;
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      set_interest(c, EPOLLOUT | EPOLLIN);
      return;
    } else {
      fail(c, "write failed");
      return;
    }
  }
  c->state = HEAD;
  set_interest(c, EPOLLIN);
}

static void send_request(struct conn *c) {
  c->state = SENDING;
  c->sent = c->head_len = c->line_len = c->frame_len = c->scan_from = c->body_bytes = c->body_left = 0;
  c->status = 0;
  c->frames = 0;
  c->first_byte_seen = c->marker_seen = c->event_stream = c->close_after = false;
  c->sent_at_ns = now_ns();
  send_more(c);
}

static void on_frame(struct conn *c, const char *frame, size_t len, uint64_t now) {
  if (frame[0] == ':' || (len > 11 && memcmp(frame, "event: ping", 11) == 0)) return;
  c->frames++;
  total_frames++;
  if (measure_delays) {
    const char *stamp = memmem(frame, len, "\"t=", 3);
    if (stamp) {
      uint64_t then = strtoull(stamp + 3, NULL, 10);
      if (then > 0 && now > then) sample(&delays, now - then);
    }
  }
  if (!c->marker_seen && end_marker[0] != '-' && memmem(frame, len, end_marker, strlen(end_marker))) c->marker_seen = true;
}

static void on_body(struct conn *c, const char *bytes, size_t len, uint64_t now) {
  c->body_bytes += len;
  total_bytes += len;
  if (!c->first_byte_seen) {
    c->first_byte_seen = true;
    sample(&first_bytes, now - c->sent_at_ns);
    if (streams_mode && c->status == 200) {
      streams_begun++;
      c->opened = true;
    }
  }
  if (c->frame_len + len + 1 > c->frame_capacity) {
    c->frame_capacity = (c->frame_len + len + 1) * 2;
    c->frame = realloc(c->frame, c->frame_capacity);
    if (!c->frame) die("realloc");
  }
  if (!c->event_stream) {
    if (c->frame_len < 4096) {
      memcpy(c->frame + c->frame_len, bytes, len);
      c->frame_len += len;
      c->frame[c->frame_len] = 0;
    }
    return;
  }
  memcpy(c->frame + c->frame_len, bytes, len);
  c->frame_len += len;
  c->frame[c->frame_len] = 0;
  size_t start = 0;
  for (;;) {
    char *end = memmem(c->frame + c->scan_from, c->frame_len - c->scan_from, "\n\n", 2);
    if (!end) break;
    size_t frame_end = (size_t)(end - c->frame) + 2;
    on_frame(c, c->frame + start, frame_end - start, now);
    start = c->scan_from = frame_end;
  }
  if (start > 0) {
    memmove(c->frame, c->frame + start, c->frame_len - start);
    c->frame_len -= start;
  }
  c->scan_from = c->frame_len > 0 ? c->frame_len - 1 : 0;
}

static void on_answer_end(struct conn *c, uint64_t now) {
  if (streams_mode) streams_ended++;
  bool whole = c->status == 200 && c->body_bytes > 0;
  if (whole && expected_frames > 0) whole = c->event_stream && c->frames == expected_frames && c->frame_len == 0;
  if (whole && end_marker[0] != '-') whole = c->marker_seen;
  if (!whole) {
    fail(c, "not the expected answer");
    return;
  }
  completed++;
  if (now <= deadline_ns) completed_in_window++;
  sample(&latencies, now - c->sent_at_ns);
  if (!accepting_new || streams_mode || now >= deadline_ns) {
    close_conn(c);
  } else if (c->close_after) {
    close_conn(c);
    open_conn(c);
  } else {
    send_request(c);
  }
}

static const char *header_value(const char *head, const char *name) {
  size_t name_len = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line && line[2] != '\r'; line = strstr(line + 2, "\r\n")) {
    if (strncasecmp(line + 2, name, name_len) == 0 && line[2 + name_len] == ':') {
      const char *value = line + 3 + name_len;
      while (*value == ' ') value++;
      return value;
    }
  }
  return NULL;
}

/* Reads the head that ends in c->head. Returns false when the answer can't be framed. */
static bool on_head(struct conn *c) {
  c->status = atoi(c->head + 9);
  const char *type = header_value(c->head, "content-type");
  c->event_stream = type && strncasecmp(type, "text/event-stream", 17) == 0;
  const char *connection = header_value(c->head, "connection");
  c->close_after = connection && strncasecmp(connection, "close", 5) == 0;
  const char *encoding = header_value(c->head, "transfer-encoding");
  const char *length = header_value(c->head, "content-length");
  if (encoding && strncasecmp(encoding, "chunked", 7) == 0) {
    c->state = CHUNK_SIZE;
    return true;
  }
  if (!length) return false;
  c->body_left = strtoull(length, NULL, 10);
  c->state = BODY_LENGTH;
  return true;
}

static void consume(struct conn *c, const char *bytes, size_t len, uint64_t now) {
  size_t at = 0;
  while (at < len && c->state != CLOSED) {
    if (c->state == HEAD) {
      size_t from = c->head_len > 3 ? c->head_len - 3 : 0, room = sizeof c->head - 1 - c->head_len, take = len - at < room ? len - at : room;
      memcpy(c->head + c->head_len, bytes + at, take);
      c->head_len += take;
      c->head[c->head_len] = 0;
      char *end = memmem(c->head + from, c->head_len - from, "\r\n\r\n", 4);
      if (!end) {
        if (c->head_len >= sizeof c->head - 1) fail(c, "head too long");
        return;
      }
      size_t surplus = c->head_len - ((size_t)(end - c->head) + 4);
      at += take - surplus;
      end[4] = 0;
      if (!on_head(c)) {
        fail(c, "answer without length or chunks");
        return;
      }
      if (c->state == BODY_LENGTH && c->body_left == 0) {
        on_answer_end(c, now);
        return;
      }
    } else if (c->state == BODY_LENGTH) {
      size_t take = len - at < c->body_left ? len - at : c->body_left;
      on_body(c, bytes + at, take, now);
      at += take;
      c->body_left -= take;
      if (c->body_left == 0) {
        on_answer_end(c, now);
        return;
      }
    } else if (c->state == CHUNK_SIZE || c->state == TRAILER) {
      char byte = bytes[at++];
      if (byte != '\n') {
        if (byte != '\r' && c->line_len < sizeof c->line - 1) c->line[c->line_len++] = byte;
        continue;
      }
      c->line[c->line_len] = 0;
      bool empty = c->line_len == 0;
      c->line_len = 0;
      if (c->state == TRAILER) {
        if (!empty) continue;
        on_answer_end(c, now);
        return;
      }
      c->body_left = strtoull(c->line, NULL, 16);
      c->state = c->body_left == 0 ? TRAILER : CHUNK_DATA;
    } else if (c->state == CHUNK_DATA) {
      size_t take = len - at < c->body_left ? len - at : c->body_left;
      on_body(c, bytes + at, take, now);
      at += take;
      c->body_left -= take;
      if (c->body_left == 0) c->state = CHUNK_END;
    } else if (c->state == CHUNK_END) {
      if (bytes[at++] == '\n') c->state = CHUNK_SIZE;
    } else {
      fail(c, "bytes before the request was sent");
      return;
    }
  }
}

static void on_event(struct conn *c, uint32_t events) {
  if (c->state == CONNECTING) {
    int error = 0;
    socklen_t len = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error) {
      errors++;
      if (!first_error[0]) snprintf(first_error, sizeof first_error, "connect: %s", strerror(error));
      close_conn(c);
      return;
    }
    send_request(c);
    return;
  }
  if (c->state == SENDING && (events & EPOLLOUT)) send_more(c);
  if (c->state == CLOSED || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  static char buffer[262144];
  ssize_t n = read(c->fd, buffer, sizeof buffer);
  if (n > 0) {
    /* An answer while the request is still being sent: an early refusal. Read it as such. */
    if (c->state == SENDING) c->state = HEAD;
    consume(c, buffer, (size_t)n, now_ns());
  } else if (n == 0) {
    fail(c, "the connection was closed early");
  } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
    fail(c, strerror(errno));
  }
}

static void poll_once(int timeout_ms) {
  struct epoll_event events[256];
  int n = epoll_wait(epoll_fd, events, 256, timeout_ms);
  if (n < 0 && errno != EINTR) die("epoll_wait");
  for (int i = 0; i < n; i++) {
    struct conn *c = events[i].data.ptr;
    if (c->state != CLOSED) on_event(c, events[i].events);
  }
}

static void prepare_request(int port, const char *path, const char *headers_path, const char *body_path) {
  size_t headers_len, body_len;
  char *headers = read_file(headers_path, &headers_len), *body = read_file(body_path, &body_len);
  request = malloc(headers_len + body_len + strlen(path) + 256);
  if (!request) die("malloc");
  int n = sprintf(request, "POST %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-length: %zu\r\n", path, port, body_len);
  memcpy(request + n, headers, headers_len);
  request_len = (size_t)n + headers_len;
  memcpy(request + request_len, "\r\n", 2);
  memcpy(request + request_len + 2, body, body_len);
  request_len += 2 + body_len;
}

static void run_load(struct conn *conns, long count, double seconds) {
  measure_delays = true;
  uint64_t start = now_ns();
  deadline_ns = start + (uint64_t)(seconds * 1e9);
  for (long i = 0; i < count; i++) open_conn(&conns[i]);
  while (busy > 0 && now_ns() < deadline_ns && errors < MAX_ERRORS) poll_once(20);
  accepting_new = false;
  while (busy > 0 && now_ns() < deadline_ns + DRAIN_NS) poll_once(20);
  errors += (unsigned long long)busy;
  if (busy > 0 && !first_error[0]) snprintf(first_error, sizeof first_error, "%ld requests were not answered in time", busy);
}

static void run_streams(struct conn *conns, long count, double hold_seconds, double opens_per_second) {
  uint64_t start = now_ns(), all_open_by = start + (uint64_t)((double)count / opens_per_second * 1e9) + LATE_OPEN_NS;
  long opened = 0;
  while (streams_begun + (long)errors < count && now_ns() < all_open_by) {
    long due = (long)((double)(now_ns() - start) / 1e9 * opens_per_second) + 1;
    while (opened < count && opened < due) open_conn(&conns[opened++]);
    poll_once(1);
  }
  printf("{\"phase\":\"open\",\"open\":%ld,\"errors\":%llu}\n", streams_begun - streams_ended, errors);
  fflush(stdout);
  measure_delays = true;
  uint64_t until = now_ns() + (uint64_t)(hold_seconds * 1e9);
  while (now_ns() < until) poll_once(10);
  measure_delays = false;
}

int main(int argc, char **argv) {
  if (argc < 10) {
    fprintf(stderr, "usage: load-driver load|streams port path headers-file body-file connections seconds expected-frames end-marker [opens-per-second]\n");
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(300);
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  streams_mode = strcmp(argv[1], "streams") == 0;
  address.sin_family = AF_INET;
  address.sin_port = htons((uint16_t)atoi(argv[2]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  prepare_request(atoi(argv[2]), argv[3], argv[4], argv[5]);
  long count = atol(argv[6]);
  double seconds = atof(argv[7]);
  expected_frames = atol(argv[8]);
  end_marker = argv[9];
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  struct conn *conns = calloc((size_t)count, sizeof *conns);
  if (!conns) die("calloc");

  uint64_t start = now_ns();
  if (streams_mode) {
    run_streams(conns, count, seconds, argc > 10 ? atof(argv[10]) : 500);
  } else {
    run_load(conns, count, seconds);
  }
  double elapsed = (double)(now_ns() - start) / 1e9;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("{\"phase\":\"done\",\"completed\":%llu,\"perSecond\":%.1f,\"errors\":%llu,\"seconds\":%.3f,\"driverCpuSeconds\":%.3f,\"frames\":%llu,\"bodyBytes\":%llu,"
         "\"open\":%ld,\"ended\":%ld,\"firstError\":\"%s\"",
         completed, (double)completed_in_window / seconds, errors, elapsed, cpu, total_frames, total_bytes, streams_begun - streams_ended, streams_ended, first_error);
  print_samples("latencyUs", &latencies);
  print_samples("firstByteUs", &first_bytes);
  print_samples("eventDelayUs", &delays);
  printf("}\n");
  return 0;
}
