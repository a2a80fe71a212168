/* SPDX-License-Identifier: MIT */
/* edo/template.h: pages from described structs: a subset of mustache, compiled once. In libedo-web.
 *
 *     typedef struct { edo_str title, by; bool is_new; } article;
 *     typedef struct { edo_str site; article *all; size_t all_n; } front;
 *     EDO_DESCRIBE(article, EDO_FIELD(article, title), EDO_FIELD(article, by),
 *                  EDO_FIELD(article, is_new))
 *     EDO_DESCRIBE(front, EDO_FIELD(front, site), EDO_FIELD_LIST_OF(front, all, all_n, article_desc))
 *
 *     <h1>{{site}}</h1>
 *     {{#all}}
 *       <p>{{title}}, by {{by}}{{#is_new}} <em>new</em>{{/is_new}}</p>
 *     {{/all}}
 *     {{^all}}
 *       <p>Nothing yet.</p>
 *     {{/all}}
 *
 *     edo_template *page;
 *     int err = edo_template_new(&page, edo_str_of(text), &front_desc, NULL);      // at start
 *     ...
 *     return edo_web_reply_template(w, EDO_STATUS_OK, page, &value);            // in a handler
 *
 * Names are looked up when the template is compiled, so a name that is misspelt is a failure at
 * start, with line and column, and rendering goes from place to place in memory: it allocates
 * nothing but room in the buffer, and for JSON.
 *
 *     {{name}}          the value of a field as edo_value_text() has it, escaped for HTML: & < > " '
 *     {{{name}}} {{&name}}   the same, not escaped: only between tags
 *     {{@name}}         the value of a field as JSON (edo/json.h), also of a list, a map or a struct.
 *                       Secrets in it are left out.
 *     {{a.b}}           the field b of the struct a, of the union a if it is b
 *     {{.}}             the element itself, in a section over texts or numbers
 *     {{#name}}...{{/name}}  once for each element of a list or entry of a map (whose fields are
 *                       those of the entry's struct); for anything else once, unless it is
 *                       missing, false, zero or empty. Names are looked up in it first, and then
 *                       further out.
 *     {{^name}}...{{/name}}  once, if {{#name}} has nothing
 *     {{>name}}         the partial of that name. Its names are looked up in what the section around
 *                       it is over, and then in the whole value. So it may contain itself, for
 *                       trees.
 *     {{!text}}         nothing
 *
 * Behind "#" and "^", a name of an enum's or union's value is true if it is that: {{#state.draft}}.
 * A line on which nothing stands but one tag that prints nothing, or a partial, is left out.
 *
 * What a value is in HTML is what the text around it says, whatever bytes it has. A template is
 * refused where a value would be more than that: in an attribute without quotes, in the name of a
 * tag or attribute, in a comment, in `srcdoc`, in what says how a text is run (`type` of <script>
 * and <object>, `sandbox` and `allow`), behind "javascript:". <style>, `style`, `on...`, `content`
 * beside `http-equiv` and what an animation of SVG sets take numbers alone: fields whose type in C
 * is one. <script> takes values as JSON alone, in a script that is data:
 *
 *     <script type="application/json" id="rows">{{@rows}}</script>
 *
 * A value that begins `href`, `src`, `action` of a form or another address may have no scheme, or
 * http, https or mailto. One behind others may have none, unless a / ? # : or & was printed before.
 * Else "#" is printed. The host may be any: of pictures, frames, <object data>, <embed src>, style
 * sheets and forms, too. Not so where it would be code of this page: `src` of <script> and `href`
 * of <base> take a value only behind text that says whose it is, as in "/js/{{name}}". Lists of
 * addresses, as `srcset`, take any text, since no browser runs one. A field of bytes stands in
 * <img src="data:image/png;base64,{{bytes}}">.
 *
 * A section, with its else or without, and a partial, ends in the part of HTML in which it began:
 * <option{{#is_old}} selected{{/is_old}}> is right, {{#is_old}}<p title="{{/is_old}} is not. What
 * holds behind it holds whether it is there or not: in a tag a space, / or > follows. {{^name}}
 * directly behind {{/name}}, or the other way around, is its else. Within svg, math, select and
 * noscript, where the text of an element may be tags, script, style and title have no "<" in them;
 * within noscript "<" only begins tags. This holds up to the end of the page behind HTML within svg
 * and math (in <foreignObject>) and behind a frameset, which no partial has therefore.
 *
 * The text is HTML in UTF-8 that begins between tags: no XML, and no CDATA. Not looked at are
 * {{{name}}}, which may be anything, and what a script of the page makes of an attribute (hx-on,
 * x-on) or of a text.
 *
 * A template that names a field whose option is .secret, without .reply, is refused.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Waits: never.   Since: 0.1 */
#ifndef EDO_TEMPLATE_H
#define EDO_TEMPLATE_H

#include <edo/io.h>
#include <edo/value.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

#define EDO_TEMPLATE_TEXT_MAX  (1u << 20)  /* bytes of a template, and of a partial */
#define EDO_TEMPLATE_NEST_MAX  16u         /* sections in one another, in one text */
#define EDO_TEMPLATE_DEEP_MAX  64u         /* sections and partials in one another, as rendered */
#define EDO_TEMPLATE_BYTES_MAX (16u << 20) /* of a page, unless an option says otherwise */

/* A template, compiled; const. */
typedef struct edo_template edo_template;

/* A text that templates include. */
typedef struct edo_template_partial {
    const char *name;
    edo_str text;
} edo_template_partial;

/* All zero is the default. */
typedef struct edo_template_opts {
    const char *name;                     /* in failures; NULL: "template" */
    const edo_template_partial *partials; /* those that it may include */
    size_t partials_n;
    size_t bytes_max;     /* of a page, with a byte for each tag that was met; 0: 16 MiB */
    bool is_plain;        /* text, no HTML: nothing is escaped, and each place takes a value */
    uint64_t reserved[4]; /* must be 0 */
} edo_template_opts;

/** Compiles a template for values that `desc` describes.
 * Owns:    returns new in `*out`: edo_template_free(). Copies the texts; borrows `desc`, and what
 *          it points to, for the life of the template.
 * Errors:  -EINVAL  the text is no template, or has names that the description has not, or a value
 *                   where HTML has no place for one; a partial is missing; a limit above is
 *                   exceeded. The trail says where, in lines and characters from 1:
 *                   page.html:3:7: there is no "titel"
 *          -ENOMEM
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_template_new(edo_template **out, edo_str text, const edo_desc *desc,
                                          const edo_template_opts *opts);

/** Frees a template. NULL is allowed.
 * Owns: takes `self`.   Threads: any, once nothing renders it. */
EDO_API void edo_template_free(edo_template *self);

/** Appends the page of `value`, which is of the type that the template was compiled for.
 * Errors:  -EMSGSIZE    the page would be longer than `bytes_max`
 *          -EDO_EVALUE  sections and partials are deeper in one another than EDO_TEMPLATE_DEEP_MAX
 *          -ENOTSUP     a union is printed that is more than its name
 *          -EDO_EJSON   {{@name}}: as edo_json_encode_reply()
 *          -ENOMEM      After any failure `out` is as it was before.
 * Threads: any, at once, while nothing writes the value. */
EDO_MUST_USE EDO_API int edo_template_render(const edo_template *self, const void *value,
                                             edo_buf *out);

/** Writes the page of `value` to a stream, some KiB at a time, so that memory does not grow with
 * the page; but the JSON of a {{@name}} is made whole first, in a buffer of its own.
 * Errors:  as edo_template_render() and edo_write_all(); a part of the page may be written then
 * Cancel: not safe: a part was written.   Threads: any, at once, while nothing writes the value.
 * Waits:   for room. */
EDO_MUST_USE EDO_API int edo_template_write(const edo_template *self, const void *value,
                                            edo_stream *to);

/** Makes the page of `value` the response: text/html, or text/plain if the template is plain. See
 * edo_web_reply_html().
 * Errors: as edo_template_render(); -EBUSY  the head was sent already   Threads: the handler's. */
EDO_MUST_USE EDO_API int edo_web_reply_template(edo_web *w, edo_status status,
                                                const edo_template *self, const void *value);

EDO_END_DECLS

#endif
