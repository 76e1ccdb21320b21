#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/*
 * The part of libmicrohttpd that the node uses. The library is opened when the first server starts: with what it brings along it takes
 * 3 MB of memory, which a node that serves nothing over HTTP must not pay. Its variadic start is nothing for Swift, either.
 */

typedef struct InferixHTTPServer *InferixHTTPServer;
typedef struct MHD_Connection *InferixHTTPConnection;

/* What to do about a call of the handler. */
enum { INFERIX_HTTP_CLOSE = 0, INFERIX_HTTP_GO_ON = 1 };

/*
 * Called for the headers of a request (slot holds NULL), for parts of its body (size is not 0), at its end, and again after a suspension.
 * Returns one of the values above.
 */
typedef int (*InferixHTTPHandler)(
    void *context, InferixHTTPConnection connection, const char *url, const char *method, size_t *size, void **slot);
/* Called when a request is over, however it ended. */
typedef void (*InferixHTTPCompleted)(void *context, void **slot);

/* False where the library is not installed. */
bool inferix_http_open(void);
/* NULL where it cannot listen; errno says why. The callbacks and the context must outlive the server. */
InferixHTTPServer inferix_http_start(
    const struct sockaddr *address, InferixHTTPHandler handler, InferixHTTPCompleted completed, void *context,
    unsigned int connections_max, unsigned int idle_seconds_max, size_t connection_memory);
/* The descriptor that becomes readable when there is something to run; -1 where there is none. */
int inferix_http_descriptor(InferixHTTPServer server);
/* The port that it listens on, where the system was to choose. */
unsigned int inferix_http_port(InferixHTTPServer server);
/* Milliseconds until it wants to be run without being woken; -1 for never. */
long long inferix_http_timeout(InferixHTTPServer server);
void inferix_http_run(InferixHTTPServer server);
/* The server is gone afterwards. */
void inferix_http_stop(InferixHTTPServer server);

/* A header of the request; NULL where it has none of the name. */
const char *inferix_http_header(InferixHTTPConnection connection, const char *name);
void inferix_http_suspend(InferixHTTPConnection connection);
void inferix_http_resume(InferixHTTPConnection connection);
/* Copies the body. `name` is one more header, or NULL. Returns what the handler is to return. */
int inferix_http_send(
    InferixHTTPConnection connection, unsigned int status, const void *body, size_t size, const char *content_type, const char *name,
    const char *value);
