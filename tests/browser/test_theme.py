"""The theme: one's own in every tab, or the system's."""

from playwright.sync_api import Page, expect


def shows(page: Page, theme: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)


def test_a_theme_that_is_chosen_in_one_tab_is_shown_in_all(open_page):
    page = open_page(color_scheme="light")
    other = page.context.new_page()
    other.goto(page.url)

    page.get_by_title("Dark theme").click()
    shows(other, "dark")
    expect(other.get_by_role("radio", name="Dark")).to_be_checked()

    other.get_by_title("System theme").click()
    shows(page, "light")
    expect(page.get_by_role("radio", name="System")).to_be_checked()


def test_the_system_changes_the_theme_of_an_open_page_unless_one_is_chosen(open_page):
    page = open_page(color_scheme="light")

    page.emulate_media(color_scheme="dark")
    shows(page, "dark")

    page.get_by_title("Light theme").click()
    page.emulate_media(color_scheme="light")
    page.emulate_media(color_scheme="dark")
    shows(page, "light")
