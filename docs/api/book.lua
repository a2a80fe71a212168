-- SPDX-License-Identifier: MIT
-- Links between pages of the book lead to the HTML made of them.
function Link(link)
    if not link.target:match("^%a+:") then
        link.target = link.target:gsub("README%.md", "index.html"):gsub("%.md", ".html")
    end
    return link
end
