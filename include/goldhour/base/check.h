/* Checks that stay on in release builds (the words follow Varnish's vas.h: a bug, an impossible branch).
 *
 *   GH_CHECK(cond)       an invariant; broken means a bug in Goldhour: says where and stops the program.
 *   GH_IMPOSSIBLE()      a branch that cannot be reached.
 */
#ifndef GOLDHOUR_BASE_CHECK_H
#define GOLDHOUR_BASE_CHECK_H

_Noreturn void gh_check_failed(const char *file, int line, const char *what);

#define GH_CHECK(cond) ((cond) ? (void)0 : gh_check_failed(__FILE__, __LINE__, #cond))
#define GH_IMPOSSIBLE() gh_check_failed(__FILE__, __LINE__, "impossible branch")

#endif
