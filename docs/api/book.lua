-- SPDX-License-Identifier: MIT
-- Links between pages of the book lead to the HTML made of them; those to programs lead into the tree,
-- of which build/docs is one folder deeper than docs.
function Link(link)
    if not link.target:match("^%a+:") then
        link.target = link.target:gsub("README%.md", "index.html"):gsub("%.md", ".html")
            :gsub("^%.%./%.%./examples/", "../../../examples/"):gsub("^%.%./examples/", "../../examples/")
    end
    return link
end
