#include "main/secret.h"
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 }; /* of 256 characters at most, with room to spare */

static bool read_line(struct invocation *invocation, struct text *line)
{
    char bytes[LINE_MAX_BYTES];
    if (!fgets(bytes, sizeof bytes, stdin))
        return false;
    bytes[strcspn(bytes, "\r\n")] = '\0';
    *line = arena_copy(invocation->arena, text_from(bytes));
    explicit_bzero(bytes, sizeof bytes);
    return line->length > 0;
}

bool secret_read(struct invocation *invocation, const char *prompt, struct text *secret)
{
    struct termios shown;
    if (tcgetattr(STDIN_FILENO, &shown) != 0) /* no terminal */
        return read_line(invocation, secret);
    struct termios hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fputs(prompt, stderr);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    bool given = read_line(invocation, secret);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    return given;
}
