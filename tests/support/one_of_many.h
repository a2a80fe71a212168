/* SPDX-License-Identifier: MIT */
/* support/one_of_many.h: included before all else where `main` is another name, so that a test
 * becomes a function of a program of many (cmake/EdoTests.cmake); the compiler wants a declaration
 * of it. */
int main(void);
